(() => {
  const seen = node => { const b = node.getBoundingClientRect(); return b.width > 0 && b.height > 0; };
  const boxed = node => {
    for (let up = node.parentElement; up && up !== document.body; up = up.parentElement)
      if (["auto", "scroll"].includes(getComputedStyle(up).overflowX)) return true;
    return false;
  };
  const page = document.documentElement, wide = page.clientWidth, said = [];
  if (page.scrollWidth > wide) said.push(`is ${page.scrollWidth} px wide in a window of ${wide}`);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let outside = "", smallest = Infinity, sample = "", letters = 0;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.textContent.trim(), parent = node.parentElement;
    if (!text || parent.closest("script,style,title,[hidden]") || !seen(parent)) continue;
    letters += text.length;
    let size = parseFloat(getComputedStyle(parent).fontSize);
    const svg = parent.closest("svg");
    if (svg) size *= Math.abs(parent.getScreenCTM().a) || Math.abs(parent.getScreenCTM().b);
    const raised = parent.tagName === "tspan" && [...parent.parentElement.children].some(one => parseFloat(getComputedStyle(one).fontSize) > parseFloat(getComputedStyle(parent).fontSize));
    if (!raised && size < smallest) { smallest = size; sample = text; }
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    if (!outside && (box.right > wide + 1 || box.left < -1) && !boxed(parent)) outside = text;
    if (!outside && svg) {
      const frame = svg.getBoundingClientRect();
      if (box.right > frame.right + 1 || box.left < frame.left - 1) outside = text + " (of a picture)";
    }
  }
  if (outside) said.push(`shows outside of the window: ${outside.slice(0, 60)}`);
  if (!letters) said.push("is empty");
  const behind = document.getElementById("subjects");
  return {
    said, smallest, sample: sample.slice(0, 40),
    titles: [...document.querySelectorAll("h1")].map(one => one.textContent).join(" "),
    links: [...document.querySelectorAll("a[href]")].map(one => one.getAttribute("href")),
    profiles: behind ? JSON.parse(behind.textContent).pages : [],
    numbers: document.querySelectorAll("button[data-s]").length,
    headers: document.querySelectorAll("thead tr:last-child th").length / (document.querySelectorAll("thead").length || 1),
    cells: [...document.querySelectorAll("tbody tr")].map(row => [...row.children].map(cell => cell.textContent)),
    pictures: document.querySelectorAll("figure svg, .wide svg").length,
  };
})()
