import type {PricedService} from '../domain/price/price-list.js';
import type {BatchService} from './batch-service.js';

/** Stands where a client would for work that sends nothing, and so needs no API key: every call is a bug. */
export class OfflineService implements BatchService {
  readonly services: BatchService['services'];
  /** Where the work would go, as records have it. */
  readonly address: string | undefined;
  readonly getModel = refuse;
  readonly listModels = refuse;
  readonly uploadFile = refuse;
  readonly createBatch = refuse;
  readonly getBatch = refuse;
  readonly listBatches = refuse;
  readonly cancelBatch = refuse;
  readonly deleteBatch = refuse;
  readonly getFile = refuse;
  readonly listFiles = refuse;
  readonly deleteFile = refuse;
  readonly download = refuse;
  readonly listInputs = refuse;
  readonly openInput = refuse;
  readonly countTokens = refuse;
  readonly sizeOfResults = refuse;

  constructor(service: PricedService, address: string | undefined) {
    this.services = [service];
    this.address = address;
  }

  serviceTime(): undefined {
    return undefined;
  }
}

function refuse(): never {
  throw new Error('Something was to be sent where nothing is.');
}
