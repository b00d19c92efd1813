// What is drawn, and what is drawn again, told by the browser's own MutationObserver.
window.drawing = {
  /** Notes each change below `root` until `stop`. */
  watch(root) {
    drawing.records = [];
    const all = { subtree: true, childList: true, characterData: true, attributes: true };
    drawing.observer = new MutationObserver((records) => drawing.records.push(...records));
    drawing.observer.observe(root, all);
  },

  stop() {
    const records = [...drawing.records, ...drawing.observer.takeRecords()];
    drawing.observer.disconnect();
    return records;
  },

  /** How many nodes came, went, or changed. */
  count: () =>
    drawing
      .stop()
      .reduce((sum, { addedNodes, removedNodes }) => sum + 1 + addedNodes.length + removedNodes.length, 0),

  /** Each block of `body`: its name, and how often it came, went, or changed within. */
  blocks(body) {
    const records = drawing.stop();
    return [...body.children].map((block) => {
      const came = records.filter(({ addedNodes }) => [...addedNodes].includes(block)).length;
      const went = records.filter(({ removedNodes }) => [...removedNodes].includes(block)).length;
      return [block.localName, came, went, records.filter(({ target }) => block.contains(target)).length];
    });
  },
};
