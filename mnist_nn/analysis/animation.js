// Adds a play button and a slider to each animation of the page that has none yet.
(() => {
  function addControls(root) {
    const { words, labels, frames } = JSON.parse(root.dataset.content);
    const title = root.querySelector("div");
    const image = root.querySelector("img");
    const controls = root.appendChild(document.createElement("div"));
    const button = controls.appendChild(document.createElement("button"));
    const slider = controls.appendChild(document.createElement("input"));
    const last = frames.length - 1;
    let timer = null;

    root.dataset.ready = "";
    root.dataset.lmSuppressShortcuts = "true"; // JupyterLab's would take the slider's arrow keys
    root.style.display = "inline-block";
    root.style.maxWidth = "100%";
    controls.style.cssText = "display: flex; gap: 8px; min-width: 240px; margin-top: 6px";
    button.type = "button";
    button.style.width = "3em";
    slider.type = "range";
    slider.max = last;
    slider.style.flex = "1";
    slider.setAttribute("aria-label", words.steps);

    function show(frame) {
      slider.value = frame;
      slider.setAttribute("aria-valuetext", labels[frame]);
      title.textContent = labels[frame];
      image.src = `data:image/png;base64,${frames[frame]}`;
    }

    function pause() {
      clearInterval(timer);
      timer = null;
      button.textContent = "▶";
      button.setAttribute("aria-label", words.play);
    }

    function play() {
      if (Number(slider.value) === last) show(0);
      timer = setInterval(() => {
        show(Math.min(Number(slider.value) + 1, last));
        if (Number(slider.value) === last || !root.isConnected) pause();
      }, 250);
      button.textContent = "❚❚";
      button.setAttribute("aria-label", words.pause);
    }

    button.onclick = () => (timer === null ? play() : pause());
    slider.oninput = () => {
      pause();
      show(Number(slider.value));
    };
    pause();
    show(last);
  }

  // Some notebooks run a script before they insert what stands above it.
  setTimeout(() =>
    document.querySelectorAll(".mnist-nn-animation:not([data-ready])").forEach(addControls),
  );
})();
