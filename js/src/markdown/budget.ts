/**
 * How much of one message is drawn as Markdown. What is beyond is shown as the text that it is, so that
 * no message, whatever it holds, makes more elements than a browser lays out in a moment.
 */

/** What is left. Drawing the blocks of a message in order counts it down; a copy is a second try. */
export interface Budget {
  /** Blocks at any depth, items of lists, and cells of tables. */
  blocks: number;
  /** What Markdown marks within a line: emphasis, code, links, breaks. */
  marks: number;
  /** UTF-16 units of mathematics, and `PER_FORMULA` for each formula. */
  tex: number;
  /** UTF-16 units of code with colours. */
  colours: number;
}

const PER_FORMULA = 30;

export const fullBudget = (): Budget => ({
  blocks: 5_000,
  marks: 10_000,
  tex: 20_000,
  colours: 60_000,
});

/** Takes `cost` if there is so much left. Once there is not, nothing is left: no later one is drawn. */
export function afford(budget: Budget, what: keyof Budget, cost = 1): boolean {
  const left = budget[what] - cost;
  budget[what] = Math.max(left, 0);
  return left >= 0;
}

export const affordFormula = (budget: Budget, tex: string): boolean =>
  afford(budget, "tex", tex.length + PER_FORMULA);
