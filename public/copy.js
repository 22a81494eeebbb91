// The Copy buttons of what is shown once: a link or a token. They are hidden until this script has come, because without it they do nothing;
// the text can be selected and copied by hand in any case.

const NOT_COPIED = 'This browser does not allow copying here. The text is selected: copy it by keyboard or menu.';

// Browsers have the clipboard only over TLS or on localhost; the older way works elsewhere.
async function copy(field) {
  field.focus();
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    return document.execCommand('copy');
  }
}

for (const button of document.querySelectorAll('button[data-copy]')) {
  const [field, status] = ['copy', 'status'].map((name) => document.getElementById(button.dataset[name]));
  button.hidden = false;
  button.addEventListener('click', async () => {
    status.textContent = '';
    status.textContent = (await copy(field)) ? 'Copied.' : NOT_COPIED;
  });
}
