/** The words of this part, in the language of the chat. */
import { parts as english } from "../../../../tutor_widget/words/en.json";
import type { Words } from "../../words.ts";

export const wordsOf = ({ parts = english }: Words) => parts.notebook;
