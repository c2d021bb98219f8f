// SPDX-License-Identifier: Apache-2.0
import type { SignedDataCard } from '@kiban/protocol';
import { cardSections } from './card-sections.ts';

/**
 * The card as one page to read, print and file: no script, nothing loaded from elsewhere. Both languages are in it; the switch is a style rule.
 * @param language the one that is shown first
 */
export function dataCardPage({ card, signature }: SignedDataCard, language: 'ja' | 'en'): string {
  const title = `${card.organisation} / ${card.dataSet}`;
  const checked = (one: 'ja' | 'en') => (one === language ? ' checked' : '');
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<input type="radio" name="language" id="ja"${checked('ja')}><label for="ja">日本語</label>
<input type="radio" name="language" id="en"${checked('en')}><label for="en">English</label>
${section(card, 'ja')}
${section(card, 'en')}
<footer>
<p>Ed25519 <code>${escapeHtml(signature.keyId)}</code></p>
<p><code>${escapeHtml(signature.value)}</code></p>
</footer>
</body>
</html>
`;
}

const style = `
:root { color-scheme: light dark; font: 16px/1.6 system-ui, "Hiragino Sans", "Noto Sans JP", sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; } h2 { font-size: 1.1rem; margin: 1.5rem 0 .3rem; }
input { margin-left: 0; } label { margin-right: 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25rem .5rem; border-bottom: 1px solid #8884; overflow-wrap: anywhere; }
th { font-weight: normal; width: 45%; white-space: pre-wrap; } td { font-variant-numeric: tabular-nums; }
article { display: none; } #ja:checked ~ article[lang=ja], #en:checked ~ article[lang=en] { display: block; }
footer { margin-top: 2rem; font-size: .8rem; overflow-wrap: anywhere; }
@media print { input, label { display: none; } }
`;

function section(card: SignedDataCard['card'], language: 'ja' | 'en'): string {
  const parts = cardSections(card).map(({ title, rows }) => {
    const lines = rows.map(
      ([label, value]) => `<tr><th scope="row">${escapeHtml(label[language])}</th><td>${escapeHtml(value)}</td></tr>`,
    );
    return `<h2>${escapeHtml(title[language])}</h2>\n<table>\n${lines.join('\n')}\n</table>`;
  });
  const note =
    language === 'ja'
      ? 'Kiban は原文を組織の外に出しません。数値はこの組織のノードが記録から作り、署名しました。'
      : 'Kiban takes no document out of the organisation. The figures were made from records, and signed, by its own node.';
  return `<article lang="${language}">\n<p>${note}</p>\n${parts.join('\n')}\n</article>`;
}

function escapeHtml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => names[character]!);
}
