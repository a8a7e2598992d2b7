// The links to other languages lead to the section that is being read: sections have the same
// anchors in all languages.
function findSection() {
  const headings = [...document.querySelectorAll("section[id^=section-] > :is(h1, h2, h3, h4)")];
  const chosen = headings.find((heading) => `#${heading.parentElement.id}` === location.hash);
  const { top } = chosen?.getBoundingClientRect() ?? { top: -1 };
  if (top >= 0 && top < innerHeight) return location.hash;
  const read = headings.findLast((heading) => heading.getBoundingClientRect().top < 150);
  return read ? `#${read.parentElement.id}` : "";
}

for (const link of document.querySelectorAll(".languages a"))
  for (const event of ["pointerdown", "click"])
    link.addEventListener(event, () => { link.hash = findSection(); });

// What the theme calls "Search" also shows its keys: its text is its name.
for (const button of document.querySelectorAll(".search-button-field"))
  button.removeAttribute("aria-label");

// Paper is white: pages are printed in light colours.
const print = matchMedia("print");
let shown = null; // the theme on the screen, while the page is printed

function setPrinted(isPrinted) {
  const { dataset } = document.documentElement;
  if (isPrinted && shown === null) [shown, dataset.theme] = [dataset.theme, "light"];
  else if (!isPrinted && shown !== null) [shown, dataset.theme] = [null, shown];
}

setPrinted(print.matches);
print.addEventListener("change", () => setPrinted(print.matches));
addEventListener("beforeprint", () => setPrinted(true));
addEventListener("afterprint", () => setPrinted(false));
