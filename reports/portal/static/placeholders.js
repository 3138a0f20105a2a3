// Puts a column's name in braces into the text, where the cursor is.
(() => {
  const text = document.getElementById("text");
  for (const button of document.querySelectorAll("[data-placeholder]")) {
    button.addEventListener("click", () => {
      text.setRangeText(`{${button.dataset.placeholder}}`, text.selectionStart, text.selectionEnd, "end");
      text.dispatchEvent(new Event("input", { bubbles: true }));
      text.focus();
    });
  }
})();
