import {receive} from '../../http/body.js';
import type {Route} from '../../http/call.js';

const TOKEN = {access_token: 'emulated-token', token_type: 'Bearer', expires_in: 3_600};

/** `POST /token`: exchanges any credentials for a token, as https://oauth2.googleapis.com/token and https://sts.googleapis.com do. */
export const tokenExchange: Route = async ({request, logged}) => {
  for await (const _ of receive(request, logged));
  const issued = 'urn:ietf:params:oauth:token-type:access_token';
  return {json: {...TOKEN, issued_token_type: issued}};
};

/** `GET /computeMetadata/v1/…`: the metadata server of a virtual machine, https://cloud.google.com/compute/docs/metadata. */
export const metadataServer: Route = async ({id}) => {
  const headers = {'metadata-flavor': 'Google'};
  if (id.endsWith('/token')) return {headers, json: TOKEN};
  const text = id.includes('project-id') ? 'emulator' : id.endsWith('/email') ? 'default@emulator' : '';
  return {headers: {...headers, 'content-type': 'text/plain'}, stream: textStream(text)};
};

async function* textStream(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}
