// A formula that is wider than its place scrolls sideways; for that the keyboard has to reach it.
const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
for (const formula of document.querySelectorAll('mjx-container[display="true"]')) {
  sizes.observe(formula);
}
