// Keeps a part of the page up to date: by server-sent events, or by asking where those do not come.
(() => {
  for (const part of document.querySelectorAll("[data-events]")) {
    const events = new EventSource(part.dataset.events);
    events.onmessage = (event) => { part.innerHTML = JSON.parse(event.data); };
    events.addEventListener("end", () => events.close());
    events.onerror = () => {
      events.close();
      const ask = async () => {
        const answer = await fetch(part.dataset.fragment);
        if (!answer.ok) return;
        part.innerHTML = await answer.text();
        setTimeout(ask, 5000);
      };
      setTimeout(ask, 2000);
    };
  }
})();
