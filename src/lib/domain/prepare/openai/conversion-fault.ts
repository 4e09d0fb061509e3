/** Why a request of another format cannot be said to Gemini. */
export class ConversionFault extends Error {}
