// What the widget says to a screen reader, from the first word on.
window.spoken = [];
new MutationObserver((changes) => {
  for (const { target, addedNodes } of changes) {
    const region = addedNodes.length && target.closest?.("[data-tutor-announcer]");
    if (region) window.spoken.push([region.dataset.tutorAnnouncer, region.textContent]);
  }
}).observe(document, { subtree: true, childList: true });
