/** Parses CSV with double quotes (RFC 4180). Lines that are wholly empty are left out. */
export function parseCsv(text: string, delimiter: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = '';
  let quoted = false;
  let touched = false;
  const endRow = () => {
    if (touched || row.length > 0) rows.push([...row, field]);
    row = [];
    field = '';
    touched = false;
  };
  for (let index = 0; index < text.length; index++) {
    const character = text[index] as string;
    if (quoted) {
      if (character !== '"') field += character;
      else if (text[index + 1] === '"') {
        field += '"';
        index++;
      } else quoted = false;
    } else if (character === '"' && field === '') {
      quoted = true;
      touched = true;
    } else if (character === delimiter) {
      row.push(field);
      field = '';
    } else if (character === '\n') endRow();
    else if (character !== '\r' || text[index + 1] !== '\n') {
      field += character;
      touched = true;
    }
  }
  endRow();
  return rows;
}

/** Rows under headers: members missing in a row are empty texts, those beyond the headers are dropped. */
export function rowsToObjects(
  headers: readonly string[],
  rows: readonly (readonly string[])[],
): { [header: string]: string }[] {
  return rows.map((row) => Object.fromEntries(headers.map((header, index) => [header, row[index] ?? ''])));
}
