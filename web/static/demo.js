"use strict";
// The page asks the server for all that moves, and draws only what has changed. Words come from the page itself.

const POLL_MS = 1500, TYPING_MS = 180, MOST_PHONES = 3;
const phones = []; // open ones, left to right: {key, scheme, node, editing}
const seen = {}; // how many messages of each person this browser has shown
let mark = "", timer = 0, turn = 0;

const $ = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const clone = (id) => $(`template#${id}`).content.firstElementChild.cloneNode(true);
const person = (key) => $(`.person[data-key="${CSS.escape(key)}"]`);
const named = (phone) => `${phone.key}.${phone.scheme}`;

async function ask(path, said) {
  const how = said && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(said) };
  try {
    const answer = await fetch(path, how);
    if (!answer.ok) throw new Error(answer.status);
    $("#status").hidden = true;
    return answer.status === 204 ? null : await answer.json();
  } catch {
    $("#status").textContent = $("#status").dataset.lost;
    $("#status").hidden = false;
    return null;
  }
}

async function refresh(anew = false) {
  clearTimeout(timer);
  const mine = ++turn;
  const state = await ask(`/demo/state?phones=${phones.map(named).join(",")}&since=${anew ? "" : mark}`);
  if (mine !== turn) return; // somebody asked again since, and will draw what is newer
  if (state) draw(state);
  if (!document.hidden) timer = setTimeout(refresh, POLL_MS, false);
}

function draw(state) {
  const first = !mark;
  mark = state.mark;
  for (const name of ["weekday", "date", "time", "place"]) $(`#${name}`).textContent = state.clock[name];
  $("#people-answer").checked = state.people_answer;
  for (const button of all("[data-move]")) button.setAttribute("aria-disabled", state.moving);
  keep($("#happened"), state.happened, line);
  keep($("#received"), state.received.map((item) => ({ ...item, id: item.key + item.id })), card);
  state.phones.forEach((shown, n) => drawPhone(phones[n], shown, state.clock.time));
  for (const [key, count] of Object.entries(state.reached)) drawBadge(key, count, first);
}

// Put a list's items in place, leaving alone those that have not changed, so that focus and place stay.
function keep(list, items, make) {
  const old = new Map([...list.children].map((node) => [node.dataset.id, node]));
  const nodes = items.map((item) => {
    const print = JSON.stringify(item), found = old.get(item.id);
    return found && found.dataset.print === print ? found : renewed(found, make(item), item.id, print);
  });
  let at = list.firstElementChild;
  for (const node of nodes) {
    if (node === at) at = at.nextElementSibling;
    else list.insertBefore(node, at);
  }
  while (at) {
    const next = at.nextElementSibling;
    at.remove();
    at = next;
  }
}

function renewed(found, node, id, print) {
  Object.assign(node.dataset, { id, print });
  if (!found) return node;
  const focused = all("button", found).indexOf(document.activeElement);
  found.replaceWith(node);
  if (focused >= 0) all("button", node)[focused]?.focus();
  return node;
}

function line(item) {
  const node = clone("line");
  $("time", node).textContent = item.day;
  $(".way", node).textContent = item.sent ? "→" : "←";
  $("b", node).textContent = item.what;
  $(".whom", node).textContent = item.who;
  return node;
}

function fill(node, item, press) {
  $(".text", node).textContent = item.text;
  $(".cost", node).textContent = item.cost;
  if (item.picture) {
    Object.assign($(".picture", node), { href: item.picture, hidden: false });
    $("img", node).src = item.picture;
  }
  for (const one of item.buttons) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = one.label;
    button.setAttribute("aria-pressed", one.pressed);
    button.addEventListener("click", () => press(one.data));
    $(".buttons", node).append(button);
  }
  return node;
}

function card(item) {
  const node = fill(clone("card"), item, (data) => say({ key: item.key, scheme: item.scheme, data }));
  node.classList.add(item.kind);
  $(".chip", node).textContent = item.what;
  $("strong", node).textContent = item.to;
  $("time", node).textContent = `${item.day} ${item.time}`;
  $("footer button", node).addEventListener("click", () => pickUp(item.key, item.scheme));
  return node;
}

function bubble(item, phone) {
  if (item.divider) return Object.assign(document.createElement("p"), { className: "day", textContent: item.divider });
  const node = fill(clone("bubble"), item, (data) => say({ key: phone.key, scheme: phone.scheme, data }));
  node.classList.add(item.ours ? "ours" : "own");
  if (!item.kept) $(".text", node).textContent = $(".text", node).dataset.notKept;
  $("time", node).textContent = item.time;
  $(".edited", node).hidden = !item.edited;
  $("img", node).addEventListener("load", () => toEnd(phone));
  $(".pencil", node).hidden = phone.scheme !== "telegram" || item.ours;
  $(".pencil", node).addEventListener("click", () => edit(phone, item));
  return node;
}

function drawPhone(phone, shown, time) {
  const thread = $(".thread", phone.node), items = [];
  const last = thread.lastElementChild?.dataset.id;
  for (const one of shown.bubbles) {
    if (one.day !== items.at(-1)?.day) items.push({ id: `d${one.day}`, divider: one.day, day: one.day });
    items.push(one);
  }
  keep(thread, items, (item) => bubble(item, phone));
  if (thread.lastElementChild?.dataset.id !== last) toEnd(phone);
  $(".bar time", phone.node).textContent = time;
}

function toEnd(phone) {
  const thread = $(".thread", phone.node);
  thread.scrollTop = thread.scrollHeight;
}

function drawBadge(key, count, first) {
  if (first || phones.some((phone) => phone.key === key)) seen[key] = count;
  const badge = $(".badge", person(key)), fresh = count - (seen[key] ?? 0);
  badge.hidden = fresh <= 0;
  $("b", badge).textContent = fresh;
}

function openPhone(key, scheme) {
  let phone = phones.find((one) => one.key === key);
  if (!phone) {
    if (phones.length === MOST_PHONES) putAway(phones[0]);
    phone = { key, scheme, node: clone("phone"), editing: "" };
    phones.push(phone);
    dress(phone);
    $("#phones").append(phone.node);
  }
  look(phone, scheme);
  return phone;
}

function pickUp(key, scheme, draft) {
  const phone = openPhone(key, scheme);
  if (draft) write(phone, draft);
  phone.node.scrollIntoView({ block: "nearest", behavior: "smooth" });
  $("textarea", phone.node).focus({ preventScroll: true });
}

function dress(phone) {
  const about = person(phone.key).dataset, { node } = phone;
  $("h3", node).textContent = about.name;
  $(".about", node).textContent = about.hint || about.about;
  node.setAttribute("aria-label", about.name);
  for (const button of all("[data-look]", node)) {
    button.disabled = !about.schemes.split(",").includes(button.dataset.look);
    button.addEventListener("click", () => look(phone, button.dataset.look));
  }
  $(".away", node).addEventListener("click", () => putAway(phone));
  $(".editing button", node).addEventListener("click", () => write(phone, ""));
  $("form", node).addEventListener("submit", (event) => send(event, phone));
  $("textarea", node).addEventListener("input", () => count(phone));
  $("textarea", node).addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send(event, phone);
  });
}

function look(phone, scheme) {
  phone.scheme = scheme;
  phone.node.classList.toggle("tel", scheme === "tel");
  phone.node.classList.toggle("telegram", scheme === "telegram");
  for (const button of all("[data-look]", phone.node)) button.setAttribute("aria-pressed", button.dataset.look === scheme);
  $(".thread", phone.node).replaceChildren();
  write(phone, $("textarea", phone.node).value);
  changed();
}

function putAway(phone) {
  phones.splice(phones.indexOf(phone), 1);
  phone.node.remove();
  changed();
}

function changed() {
  history.replaceState(null, "", `#${phones.map(named).join(",")}`);
  $("#no-phone").hidden = phones.length > 0;
  for (const one of all(".person")) one.setAttribute("aria-pressed", phones.some((phone) => phone.key === one.dataset.key));
  refresh(true);
}

function write(phone, text, editing = "") {
  phone.editing = editing;
  $(".editing", phone.node).hidden = !editing;
  $("textarea", phone.node).value = text;
  count(phone);
}

function edit(phone, item) {
  write(phone, item.text, item.provider_id);
  $("textarea", phone.node).focus();
}

function count(phone) {
  clearTimeout(phone.counting);
  const output = $("form .cost", phone.node), text = $("textarea", phone.node).value;
  if (phone.scheme !== "tel" || !text) output.textContent = "";
  else phone.counting = setTimeout(async () => {
    const answer = await ask(`/demo/segments?text=${encodeURIComponent(text)}`);
    if (answer && $("textarea", phone.node).value === text) output.textContent = answer.cost;
  }, TYPING_MS);
}

async function send(event, phone) {
  event.preventDefault();
  const text = $("textarea", phone.node).value, edit_of = phone.editing;
  if (!text.trim()) return;
  write(phone, "");
  await say({ key: phone.key, scheme: phone.scheme, text, edit_of });
}

async function say(said) {
  await ask("/demo/say", said);
  await refresh();
}

async function move(how) {
  if ($("[data-move]").getAttribute("aria-disabled") === "true") return;
  for (const button of all("[data-move]")) button.setAttribute("aria-disabled", true);
  $("#sentence").textContent = $("#sentence").dataset.moving;
  const answer = await ask("/demo/move", { how });
  $("#sentence").textContent = answer ? answer.sentence : "";
  await refresh(true);
}

function search() {
  const wanted = $("#search").value.trim().toLowerCase();
  for (const section of all(".sections section")) {
    const title = $("h3", section).textContent.toLowerCase();
    for (const one of all("li", section)) one.hidden = !`${title} ${one.textContent.toLowerCase()}`.includes(wanted);
    section.hidden = !$("li:not([hidden])", section);
  }
  $("#nobody").hidden = Boolean($(".sections section:not([hidden])"));
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-open], [data-move]");
  if (!button) return;
  if (button.dataset.move) move(button.dataset.move);
  else pickUp(...button.dataset.open.split("."), button.dataset.draft);
});
document.addEventListener("visibilitychange", () => !document.hidden && refresh());
$("#people-answer").addEventListener("change", ({ target }) => ask("/demo/people", { answer: target.checked }));
$("#search").addEventListener("input", search);

const opened = (location.hash.slice(1) || "ama.tel,efua.telegram").split(",").map((one) => one.split("."));
for (const [key, scheme] of opened) if (person(key)?.dataset.schemes.split(",").includes(scheme)) openPhone(key, scheme);
if (!phones.length) changed();
