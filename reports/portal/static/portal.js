// Draws the charts of a page, and of what htmx puts into it.
(() => {
  const text = () => getComputedStyle(document.body).color;

  function draw(source) {
    const place = document.getElementById(source.dataset.chart);
    try {
      const drawn = echarts.init(place, null, { renderer: "canvas" });
      place.querySelector(".chart-wait")?.remove();
      drawn.setOption({ textStyle: { color: text() }, ...JSON.parse(source.textContent) });
      new ResizeObserver(() => drawn.resize()).observe(place);
    } catch (error) {
      place.textContent = place.dataset.error;
      throw error;
    }
  }

  function all(root) {
    root.querySelectorAll("script[data-chart]").forEach(draw);
  }

  all(document);
  document.body.addEventListener("htmx:load", (event) => event.target !== document.body && all(event.target));
})();
