/** The whole conversation as a download: the kernel writes the file and sends it in pieces. */
import { h } from "../dom.ts";
import type { Conversation } from "../model/conversation.ts";
import type { FileFormat } from "../model/types.ts";

interface Piece {
  text: string;
  /** The name of the next piece, or null after the last. */
  next: string | null;
  /** Of the first piece: the name of the file. */
  name?: string;
}

/** Resolves to the name of the file when the browser has it, to "" when the kernel refused. */
export async function save(ask: Conversation["ask"], format: FileFormat): Promise<string> {
  const texts: string[] = [];
  let name = `conversation.${format}`;
  for (let from: string | 0 | null = 0; from !== null; ) {
    const piece: Piece | undefined = await ask({ op: "file", format, from });
    if (!piece) return "";
    texts.push(piece.text);
    name = piece.name ?? name;
    from = piece.next;
  }
  const href = URL.createObjectURL(new Blob(texts));
  h("a", { href, download: name }).click();
  // The browser reads the blob during the download, which may outlast the widget.
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
  return name;
}
