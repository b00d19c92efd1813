// What the widget says to a screen reader, and what its badges say to the eye, from the first word
// on: [voice, words] and [Unix ms, words], each as it is when the page has settled after a change.
window.spoken = [];
new MutationObserver((changes) => {
  for (const { target, addedNodes } of changes) {
    const region = addedNodes.length && target.closest?.("[data-tutor-live-region]");
    if (region) window.spoken.push([region.dataset.tutorLiveRegion, region.textContent]);
  }
}).observe(document, { subtree: true, childList: true });

window.badges = [];
const { attachShadow } = Element.prototype;
Element.prototype.attachShadow = function (options) {
  const root = attachShadow.call(this, options);
  let shown;
  new MutationObserver(() => {
    const words = root.querySelector("[data-testid=badge]")?.textContent;
    if (words && words !== shown) window.badges.push([Date.now(), words]);
    shown = words;
  }).observe(root, { subtree: true, childList: true, characterData: true });
  return root;
};
