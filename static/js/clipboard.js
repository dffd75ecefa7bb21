// Puts words on the clipboard, also where the page came without https: then the browser has no
// clipboard for scripts, but still copies what is selected.
export async function copy(words, element) {
  if (window.isSecureContext && navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(words);
      return true;
    } catch {
      // Refused to this page: the old way may still work.
    }
  }
  const put = (event) => {
    event.preventDefault();
    event.clipboardData.setData("text/plain", words);
  };
  getSelection().selectAllChildren(element);
  document.addEventListener("copy", put, { once: true, capture: true });
  const isCopied = document.execCommand("copy");
  document.removeEventListener("copy", put, { capture: true });
  if (isCopied) getSelection().removeAllRanges();
  return isCopied;
}
