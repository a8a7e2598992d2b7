// Adds a play button and a slider to each animation of this name that has none yet. (Identical
// animations on one page share a name.)
function animate(name, steps, frames) {
  // Some notebooks run a script before they insert what stands above it.
  setTimeout(() => {
    for (const root of document.querySelectorAll(`.${name}:not([data-ready])`)) {
      root.dataset.ready = "";
      const label = root.querySelector("div");
      const image = root.querySelector("img");
      const controls = root.appendChild(document.createElement("div"));
      const button = controls.appendChild(document.createElement("button"));
      const slider = controls.appendChild(document.createElement("input"));
      const last = frames.length - 1;
      let timer = null;

      controls.style.cssText = "display: flex; gap: 8px; min-width: 240px; margin-top: 6px";
      button.type = "button";
      button.style.width = "3em";
      slider.type = "range";
      slider.max = last;
      slider.style.flex = "1";
      slider.setAttribute("aria-label", "Steps");

      function show(frame) {
        slider.value = frame;
        slider.setAttribute("aria-valuetext", steps[frame]);
        label.textContent = `Steps: ${steps[frame]}`;
        image.src = `data:image/png;base64,${frames[frame]}`;
      }

      function pause() {
        clearInterval(timer);
        timer = null;
        button.textContent = "▶";
        button.setAttribute("aria-label", "Play");
      }

      function play() {
        show(Number(slider.value) === last ? 0 : Number(slider.value));
        timer = setInterval(() => {
          show(Number(slider.value) + 1);
          if (Number(slider.value) === last || !root.isConnected) pause();
        }, 250);
        button.textContent = "❚❚";
        button.setAttribute("aria-label", "Pause");
      }

      button.onclick = () => (timer === null ? play() : pause());
      slider.oninput = () => {
        pause();
        show(Number(slider.value));
      };
      pause();
      show(last);
    }
  });
}
