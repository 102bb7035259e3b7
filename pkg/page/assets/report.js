// The filter of a report, which no server answers.
"use strict";

(function filter() {
  const form = document.querySelector("form[data-static]");
  const fields = ["q", "state", "plan"];
  // The filter is kept behind the # of the address, and goes along to an actor and back.
  const carry = (links) => { for (const a of links) a.hash = location.hash; };
  if (!form) { carry(document.querySelectorAll(".pages a")); return; }
  form.hidden = false;
  const cards = [...document.querySelectorAll(".cards > li")];
  const shown = document.getElementById("shown");
  const whole = shown.textContent;
  const apply = () => {
    const words = form.q.value.trim().toLowerCase();
    const state = form.state.value, plan = form.plan.value;
    let n = 0;
    for (const card of cards) {
      const who = (card.querySelector("b").textContent + " " + card.dataset.who).toLowerCase();
      card.hidden = (state && card.dataset.state !== state) || (plan && card.dataset.plan !== plan) || !who.includes(words);
      if (!card.hidden) n++;
    }
    shown.textContent = words || state || plan ? `${n} of ${cards.length} on this page` : whole;
    carry(document.querySelectorAll(".cards a, .pages a"));
  };
  const read = () => {
    const kept = new URLSearchParams(location.hash.slice(1));
    for (const name of fields) form[name].value = kept.get(name) || "";
    apply();
  };
  const write = () => {
    const kept = new URLSearchParams();
    for (const name of fields) if (form[name].value) kept.set(name, form[name].value);
    history.replaceState(null, "", "#" + kept);
    apply();
  };
  form.addEventListener("input", write);
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", read);
  addEventListener("pageshow", read); // a browser fills in a form again when it goes back
  read();
})();
