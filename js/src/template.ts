/** The sentences of a catalogue with values in their places. Without a catalogue: parts use it, too. */

export type Args = Record<string, string | number>;

/** `template` with `values` in its places; `n` among them chooses the form. */
export function fill(template: string, values: Args, lang = "en"): string {
  const forms = template.split("|");
  const form = (values.n === 1 ? forms[0] : forms.at(-1)) ?? "";
  return form.replace(/\{(\w+)(:,)?\}/g, (_, name: string, grouped?: string) => {
    const value = values[name] ?? "";
    return grouped ? value.toLocaleString(lang) : String(value);
  });
}
