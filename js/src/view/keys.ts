/**
 * Which key events stay in the widget. Outside its own text fields a notebook takes plain letters as
 * commands on cells ("dd" deletes one), so no key that could be such a command leaves the widget.
 * Commands of the application, such as Ctrl+S, do leave it.
 */

/** With Ctrl, Alt or Meta: commands on cells, and editing commands of a text field. */
const KEPT_CHORDS = /^(?:Enter|Backspace|Delete|Arrow\w+|Home|End|[zm_-])$/i;
/** Without Shift only: Ctrl+Shift+C opens JupyterLab's command palette. */
const KEPT_WITHOUT_SHIFT = /^[acvxy]$/i;

export function staysInside({ key, shiftKey, ctrlKey, altKey, metaKey }: KeyboardEvent): boolean {
  if (!ctrlKey && !altKey && !metaKey) return true;
  return KEPT_CHORDS.test(key) || (!shiftKey && KEPT_WITHOUT_SHIFT.test(key));
}

export function keepKeys(root: HTMLElement): void {
  for (const type of ["keydown", "keypress", "keyup"] as const) {
    root.addEventListener(type, (event) => {
      if (staysInside(event)) event.stopPropagation();
    });
  }
}

/** Moves the focus to what contains the widget: in a notebook, its cell. */
export function leaveTo(host: HTMLElement): void {
  const around = host.closest<HTMLElement>(".jp-Cell, .jp-Notebook, [tabindex]");
  if (around) around.focus({ preventScroll: true });
  else (host.shadowRoot?.activeElement as HTMLElement | null)?.blur();
}
