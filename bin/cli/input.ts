/** What was typed can't be used: an unknown platform, a file that isn't there. The CLI prints it and exits with 2. */
export class UnusableInput extends Error {
  override readonly name: string;

  constructor(
    name: 'UnknownPlatform' | 'UnreadableFile' | 'UnwritableFolder' | 'UnknownStage' | 'AccountNotReadable',
    message: string,
  ) {
    super(message);
    this.name = name;
  }
}
