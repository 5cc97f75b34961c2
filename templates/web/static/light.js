// Light HTML (b, i and line breaks) becomes nodes; whatever else it holds is shown as the text it is.

const NAMED = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };

function unescaped(text) {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,4}));/gi, (whole, decimal, hex, name) => {
    if (name) return NAMED[name.toLowerCase()] ?? whole;
    const code = decimal ? Number(decimal) : parseInt(hex, 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

export function lightNodes(html) {
  const root = document.createDocumentFragment();
  const open = [root];
  for (const piece of html.split(/(<\/?[bi]>|<br\s*\/?>)/)) {
    const tag = /^<(\/?)([bi])>$/.exec(piece);
    const top = open[open.length - 1];
    if (/^<br/.test(piece)) top.append(document.createElement("br"));
    else if (tag && tag[1]) {
      if (open.length > 1 && top.localName === tag[2]) open.pop();
    } else if (tag) {
      const element = document.createElement(tag[2]);
      top.append(element);
      open.push(element);
    } else if (piece) top.append(unescaped(piece));
  }
  return root;
}
