// In each page of ours, before anything is shown: light or dark, as in the other pages.
(() => {
  let mode = "auto";
  try { mode = localStorage.getItem("mode") ?? mode; } catch { /* storage is blocked */ }
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = mode === "auto" ? (isDark ? "dark" : "light") : mode;
})();
