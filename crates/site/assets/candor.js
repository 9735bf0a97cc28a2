// Shows the numbers that a chart over time was drawn from, and zooms into it. Without this script
// they are in the table and in the CSV. It loads nothing and keeps nothing.
"use strict";
for (const plot of document.querySelectorAll(".plot[data-x]")) {
  const [first, ...later] = plot.dataset.x.split(" ");
  const days = [0, ...later].map((n) => new Date(Date.parse(first) + n * 864e5));
  const last = days.length - 1;
  const across = days.map((day) => (day - days[0]) / (days[last] - days[0] || 1));
  const lines = [...plot.querySelectorAll("[data-v]")].map(({ dataset: { n, v, e = "" } }) => [n, v.split(" "), e.split(" ")]);
  const picture = plot.querySelector(".x"), drawing = picture.firstChild;
  const day = (n) => days[n].toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  const number = (n) => Number(n).toLocaleString("en-GB");
  // Around the picture and not in it: what is inside a picture is not read out.
  const box = document.createElement("div");
  const add = (name, style) => {
    const made = box.appendChild(document.createElement(name));
    made.style = "position:absolute;z-index:1;display:none;top:0;" + style;
    return made;
  };
  plot.before(box);
  box.append(plot);
  box.style = "position:relative;touch-action:pan-y";
  box.tabIndex = 0;
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", "Chart: arrow keys read numbers, + zooms, Escape shows all");
  const cursor = add("div", "height:212px;border-left:1px solid;pointer-events:none");
  const tip = add("div", "padding:.4rem .7rem;background:var(--card);border:1px solid var(--line);border-radius:6px;font-size:.82rem;white-space:pre;pointer-events:none");
  tip.setAttribute("role", "status");
  const whole = add("button", "top:auto;bottom:0;right:0;min-height:0;padding:.1rem .6rem;font-size:.82rem");
  let from = 0, to = 1, at = -1, pressed = -1;
  const show = (n) => {
    at = Math.min(last, Math.max(0, n));
    tip.textContent = [day(at), ...lines.filter(([, values]) => lines.length === 1 || values[at] > 0).map(([name, values, errors]) => name + "  " + number(values[at]) + (errors[at] ? " ± " + number(errors[at]) : ""))].join("\n");
    tip.style.display = cursor.style.display = "block";
    const outer = box.getBoundingClientRect(), inner = picture.getBoundingClientRect();
    const x = inner.left - outer.left + ((across[at] - from) / (to - from)) * inner.width;
    cursor.style.left = x + "px";
    tip.style.left = Math.max(0, x > outer.width / 2 ? x - tip.offsetWidth - 8 : x + 8) + "px";
  };
  const hide = () => (at = -1, tip.style.display = cursor.style.display = "none");
  const zoom = (a, b) => {
    if (b - a < 2) return;
    [from, to] = [across[a], across[b]];
    const part = b - a < last;
    drawing.setAttribute("viewBox", `${from * 1e3} 0 ${(to - from) * 1e3} 200`);
    drawing.style.overflow = part ? "hidden" : "";
    for (const mark of picture.querySelectorAll("text, circle")) mark.style.display = part ? "none" : "";
    whole.style.display = part ? "block" : "none";
    whole.textContent = `${day(a)} to ${day(b)}: show all`;
    hide();
  };
  const all = () => zoom(0, last);
  const under = ({ clientX }) => {
    const { left, width } = picture.getBoundingClientRect();
    const x = from + ((clientX - left) / width) * (to - from);
    return across.reduce((best, y, n) => (Math.abs(y - x) < Math.abs(across[best] - x) ? n : best), 0);
  };
  box.onpointermove = (event) => show(under(event));
  box.onpointerdown = (event) => (pressed = event.target === whole || event.pointerType !== "mouse" ? -1 : under(event));
  box.onpointerup = (event) => {
    if (pressed >= 0) zoom(...[pressed, under(event)].sort((a, b) => a - b));
    pressed = -1;
  };
  box.onpointerleave = box.onblur = () => hide(pressed = -1);
  whole.onclick = all;
  const keys = {
    ArrowLeft: () => show(at < 0 ? last : at - 1),
    ArrowRight: () => show(at + 1),
    "+": () => zoom(Math.max(0, at - (last >> 3 || 1)), Math.min(last, Math.max(0, at) + (last >> 3 || 1))),
    Escape: all,
  };
  box.onkeydown = (event) => {
    if (event.target === box && keys[event.key]) event.preventDefault(keys[event.key]());
  };
}
