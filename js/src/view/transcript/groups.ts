/**
 * Messages in groups. In each frame a browser checks every element whose layout it may skip
 * (`content-visibility`): thousands of messages would be too many, groups of fifty are not.
 */
import { arrangeChildren, h } from "../../dom.ts";

/** How many nodes a group has before another begins. */
const GROUP_SIZE = 50;

/**
 * Makes `nodes` the content of `list`, in groups. A node stays in the group that it has; a new node
 * joins the group before it. A separator (a day, the unread mark) goes with the message below it.
 */
export function arrangeInGroups(list: HTMLElement, nodes: HTMLElement[]): void {
  const groups = new Map<HTMLElement, HTMLElement[]>();
  const created: HTMLElement[] = [];
  let group: HTMLElement | null = null;
  let members: HTMLElement[] = [];
  let pending: HTMLElement[] = [];
  for (const node of nodes) {
    pending.push(node);
    if (isSeparator(node)) continue;
    const own = node.parentElement;
    const next = own !== null && !groups.has(own) ? own : null;
    const isFull = own === null && members.length >= GROUP_SIZE;
    if (next || !group || isFull) {
      group = next ?? newGroup();
      members = [];
      groups.set(group, members);
      if (!next) created.push(group);
    }
    members.push(...pending);
    pending = [];
  }
  arrangeChildren(list, [...groups.keys()]);
  for (const [each, children] of groups) arrangeChildren(each, children);
  for (const each of created) skipLayoutOutOfSight(each);
}

/** A line between messages. */
export const isSeparator = (node: Element): boolean => node.matches(".day");

/** Laid out at first, so that its height can be measured. */
const newGroup = (): HTMLElement =>
  h("div", { class: "group", style: "content-visibility:visible" });

/** With its measured height a skipped group takes the same room, so scrolling to a place is exact. */
function skipLayoutOutOfSight(group: HTMLElement): void {
  group.style.cssText = `contain-intrinsic-size:auto ${group.offsetHeight}px`;
}
