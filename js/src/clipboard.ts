/** Copying, also where a page has no clipboard. */

/**
 * Copies `text`; resolves to whether it could. Without permission or TLS there is no clipboard: then
 * `shown`, where the text can be seen, is selected for the reader to copy.
 */
export async function copy(text: string, shown: Node | null | undefined): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    if (shown) getSelection()?.selectAllChildren(shown);
    return false;
  }
}
