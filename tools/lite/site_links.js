// Links of a notebook that lead to pages of the site. The notebook has them as
// "/site-of-this-course/book/...", since it cannot know under which address the site stands; they
// get the true one when a pointer or the keyboard reaches them, before anything can follow them.
const MARK = '/site-of-this-course/';
const SITE = new URL('../../', document.baseURI).href;

function lead(event) {
  const link = event.target.closest?.('a[href]');
  if (!link || !link.getAttribute('href').startsWith(MARK)) return;
  link.href = SITE + link.getAttribute('href').slice(MARK.length);
  link.target = '_blank';
  link.rel = 'noopener';
}

for (const kind of ['pointerover', 'focusin', 'touchstart', 'click']) {
  document.addEventListener(kind, lead, { capture: true, passive: true });
}
