/** Why a JSON Schema cannot be converted for the model. */
export class SchemaFault extends Error {
  constructor(
    /** Where, as `#/properties/age`. */
    readonly place: string,
    /** In words that follow the place and a colon. */
    readonly reason: string,
  ) {
    super(`${place}: ${reason}`);
  }
}

/** What says nothing about which values are right: left out without a loss. */
export const ANNOTATIONS: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  '$comment',
  '$defs',
  'definitions',
  'default',
  'example',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  // OpenAPI's, as Pydantic writes it beside the choice itself.
  'discriminator',
]);
