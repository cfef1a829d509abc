// What the page does beyond being read: it searches its own rows. Without it everything is there
// all the same.

export const pageScript = `
(() => {
  const tools = document.querySelector('.tools');
  const [text, from, state] = ['#text', '#from', '#state'].map((id) => document.querySelector(id));
  const rows = [...document.querySelectorAll('#rows tbody tr')].map((row) => ({
    row, says: row.textContent.toLowerCase(), from: row.dataset.from, state: row.dataset.state,
  }));
  const found = document.querySelector('#found');
  const show = () => {
    const words = text.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let count = 0;
    for (const each of rows) {
      const fits = words.every((word) => each.says.includes(word))
        && (from.value === '' || each.from === from.value)
        && (state.value === '' || each.state === state.value);
      each.row.hidden = !fits;
      if (fits) count += 1;
    }
    found.textContent = count + ' of ' + rows.length;
  };
  for (const field of [text, from, state]) field.addEventListener('input', show);
  for (const link of document.querySelectorAll('table.matrix a')) {
    link.addEventListener('click', () => {
      text.value = link.dataset.to;
      from.value = link.dataset.from;
      state.value = '';
      show();
    });
  }
  tools.hidden = false;
  show();
})();
`;
