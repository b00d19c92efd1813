/**
 * Which keys stay in the widget. A notebook takes plain letters as commands on cells ("dd" deletes
 * one) wherever it believes that nobody is typing, so nothing that could be one leaves; commands of
 * the application, such as Ctrl+S, do.
 */

/** With Ctrl, Alt or Meta: the notebook's commands on cells, and editing that belongs to a field. */
const KEPT_CHORDS = /^(?:Enter|Backspace|Delete|Arrow\w+|Home|End|[zm_-])$/i;
/** Without Shift only: with it, Ctrl+Shift+C is JupyterLab's palette of commands. */
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

/** Gives the focus back to what the widget stands in: in a notebook, its cell. */
export function leaveTo(host: HTMLElement): void {
  const around = host.closest<HTMLElement>(".jp-Cell, .jp-Notebook, [tabindex]");
  if (around) around.focus({ preventScroll: true });
  else (host.shadowRoot?.activeElement as HTMLElement | null)?.blur();
}
