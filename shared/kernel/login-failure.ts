/** A login did not give a token. Nothing of the request it was for has left. */
export class LoginFailure extends Error {
  override readonly name = 'LoginFailure';
  /** True when the credentials were refused: a person has to act. */
  readonly refused: boolean;
  constructor(refused: boolean, evidence: string) {
    super(evidence);
    this.refused = refused;
  }
}
