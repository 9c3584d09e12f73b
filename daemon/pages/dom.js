// SPDX-License-Identifier: Apache-2.0
// Elements from values. Every text becomes a text node: words of servers are never markup.

const kSvg = "http://www.w3.org/2000/svg";
// What `morph` carries over besides attributes.
const kHandlers = ["onclick", "onchange", "oninput", "onsubmit", "onpointermove", "onpointerleave"];

function build(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
        if (value === null || value === undefined || value === false) continue;
        if (typeof value === "function") node[name] = value;
        else node.setAttribute(name, value === true ? "" : String(value));
    }
    for (const child of children.flat(Infinity)) {
        if (child === null || child === undefined || child === false) continue;
        node.append(child instanceof Node ? child : document.createTextNode(String(child)));
    }
    return node;
}

/** An HTML element; attributes that are functions become handlers, null ones are left out. */
export function el(tag, attributes, ...children) {
    return build(document.createElement(tag), attributes, children);
}

/** An SVG element. */
export function svg(tag, attributes, ...children) {
    return build(document.createElementNS(kSvg, tag), attributes, children);
}

function keyOf(node) {
    return node.nodeType === 1 ? node.getAttribute("data-key") : null;
}

function alike(a, b) {
    return a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b);
}

/** Makes `from` like `to` and keeps every node that can stay, so that focus, selection and what
 * the reader has unfolded survive a refresh. Elements with `data-keep` are left alone, and so are
 * those whose `to` is only a stand-in with `data-same`. */
export function morph(from, to) {
    if (from.nodeType === 3) {
        if (from.data !== to.data) from.data = to.data;
        return;
    }
    if (from.nodeType !== 1 || from.hasAttribute("data-keep") || to.hasAttribute("data-same")) return;
    for (const { name } of [...from.attributes]) {
        const mine = name === "open" || name === "style";
        if (!mine && !to.hasAttribute(name)) from.removeAttribute(name);
    }
    for (const { name, value } of to.attributes) {
        if (name === "open" || name === "style") continue;
        if (from.getAttribute(name) !== value) from.setAttribute(name, value);
    }
    for (const name of kHandlers) if (from[name] !== to[name]) from[name] = to[name];
    morphChildren(from, to);
}

function morphChildren(from, to) {
    const keyed = new Map();
    for (const child of from.childNodes) if (keyOf(child)) keyed.set(keyOf(child), child);
    let at = from.firstChild;
    for (const wanted of [...to.childNodes]) {
        const key = keyOf(wanted);
        let old = key ? keyed.get(key) : at;
        if (old && !alike(old, wanted)) old = null;
        if (!old) {
            from.insertBefore(wanted, at);
            continue;
        }
        if (old !== at) from.insertBefore(old, at);
        else at = at.nextSibling;
        morph(old, wanted);
    }
    while (at) {
        const next = at.nextSibling;
        at.remove();
        at = next;
    }
}

/** Shows `children` in `node`, keeping what is the same already. */
export function show(node, ...children) {
    const focused = document.activeElement;
    morphChildren(node, build(node.cloneNode(false), {}, children));
    // Moving a node takes the focus away from it.
    if (focused && focused !== document.activeElement && focused.isConnected) focused.focus();
}
