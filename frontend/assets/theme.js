// Before the first paint: the theme that was chosen here earlier. The dashboard changes it later.
try {
  const theme = localStorage.getItem("telemetrics.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is switched off: the system's theme it is.
}
