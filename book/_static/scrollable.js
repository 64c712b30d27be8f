// What is wider than its place scrolls sideways; for that the keyboard has to reach it.
//
// The theme has the like, and reads the size of every block at once, which makes the browser lay
// out a whole chapter before it can be used; tools/site/tab_stops.py takes that out. Here each
// block is looked at when its size is known anyway.
const SCROLLABLE = [
  'mjx-container[display="true"]',
  "pre",
  ".cell_output > .output",
  ".pst-scrollable-table-container",
].join(", ");

const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth || target.scrollHeight > target.clientHeight) {
      target.tabIndex = 0;
    } else {
      target.removeAttribute("tabindex");
    }
  }
});
const watch = (root) => {
  for (const block of root.querySelectorAll(SCROLLABLE)) {
    sizes.unobserve(block); // observed anew it is looked at anew
    sizes.observe(block);
  }
};

watch(document);
// Letters of another font are wider in a place of the same width.
document.fonts.addEventListener("loadingdone", () => watch(document));
// A cell that is run shows something else.
new MutationObserver((changes) => {
  for (const { addedNodes } of changes) {
    for (const node of addedNodes) if (node.parentElement) watch(node.parentElement);
  }
}).observe(document.querySelector("main") ?? document.body, { childList: true, subtree: true });
