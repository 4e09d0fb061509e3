/** Why a request of another format cannot be converted for Gemini. */
export class ConversionFault extends Error {}
