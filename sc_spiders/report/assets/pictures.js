// Pictures: each can be saved as SVG or PNG, with where its data is from in its corner.

const STYLES = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-linejoin", "paint-order", "opacity", "font-size", "font-family", "font-weight", "text-anchor"];
const MARGIN = 26;

// A chart as a picture that needs no style sheet.
const standalone = (chart) => {
  const copied = chart.cloneNode(true), [, , width, height] = chart.getAttribute("viewBox").split(" ").map(Number);
  const marks = [...chart.querySelectorAll("*")], copies = [...copied.querySelectorAll("*")];
  marks.forEach((one, n) => {
    const style = getComputedStyle(one);
    for (const name of STYLES) {
      const value = style.getPropertyValue(name);
      if (value) copies[n].setAttribute(name, value);
    }
    copies[n].removeAttribute("class");
  });
  const style = getComputedStyle(document.documentElement);
  const made = (name, attributes, text) => {
    const one = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
    if (text) one.textContent = text;
    return one;
  };
  copied.removeAttribute("class");
  copied.setAttribute("viewBox", `0 0 ${width} ${height + MARGIN}`);
  copied.setAttribute("width", width * 2);
  copied.setAttribute("height", (height + MARGIN) * 2);
  copied.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copied.prepend(made("rect", { width, height: height + MARGIN, fill: style.getPropertyValue("--paper").trim() }));
  const words = { x: width - 8, y: height + MARGIN - 9, "text-anchor": "end", "font-size": 10, "font-family": "sans-serif" };
  copied.append(made("text", { ...words, fill: style.getPropertyValue("--soft").trim() }, source));
  return copied;
};
const asSvg = (chart) => new Blob([new XMLSerializer().serializeToString(standalone(chart))], { type: "image/svg+xml" });
const asPng = async (chart) => {
  const image = new Image();
  image.src = URL.createObjectURL(asSvg(chart));
  await image.decode();
  const canvas = element("canvas");
  canvas.width = image.width * 2;
  canvas.height = image.height * 2;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  return new Promise((resolve) => { canvas.toBlob(resolve); });
};

for (const frame of document.querySelectorAll("figure")) {
  const tools = element("div", undefined, "tools"), name = frame.getAttribute("aria-label");
  // Of two drawings of one chart, for wide and narrow windows, the one that is seen is saved.
  const seen = () => [...frame.querySelectorAll("svg")].find((one) => one.getClientRects().length);
  tools.append(
    button("SVG", () => save(asSvg(seen()), fileName(name, "svg")), `Save as SVG: ${name}`),
    button("PNG", async () => save(await asPng(seen()), fileName(name, "png")), `Save as PNG: ${name}`),
  );
  frame.append(tools);
}
