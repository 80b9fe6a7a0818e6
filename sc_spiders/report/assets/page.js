// The page: what all its parts use, names of countries, closed lists on paper.
// Names are other people's text, so they are only set as textContent, or drawn.

const element = (tag, text, cls) => {
  const one = document.createElement(tag);
  if (text !== undefined) one.textContent = text;
  if (cls) one.className = cls;
  return one;
};
const button = (words, act, label) => {
  const one = element("button", words);
  one.type = "button";
  if (label) one.setAttribute("aria-label", label);
  one.addEventListener("click", act);
  return one;
};
const figure = (n) => n.toLocaleString("en");
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

// Where the data is from, and when it was crawled: in the corner of each picture that is saved.
const source = document.body.dataset.source || "";

// Saves a file from the page. Nothing is sent anywhere.
const save = (blob, name) => {
  const link = element("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
};
const fileName = (words, suffix) => {
  const told = `${document.title} ${words}`.normalize("NFKD").replace(/\p{M}/gu, "");
  return `${told.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 120)}.${suffix}`;
};

const regions = (() => {
  try { return new Intl.DisplayNames(["en"], { type: "region" }); } catch { return null; }
})();
const region = (code) => {
  try { return /^[A-Z]{2}$/.test(code) && regions ? regions.of(code) : code; } catch { return code; }
};
for (const one of document.querySelectorAll("[data-region]")) one.textContent = region(one.dataset.region);

// A link to what is missing opens it.
const openTarget = () => {
  const target = document.getElementById(location.hash.slice(1));
  if (target && target.tagName === "DETAILS") target.open = true;
};
addEventListener("hashchange", openTarget);
openTarget();

// A closed list would not be printed.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open])")];
  for (const one of opened) one.open = true;
});
addEventListener("afterprint", () => { for (const one of opened) one.open = false; });
