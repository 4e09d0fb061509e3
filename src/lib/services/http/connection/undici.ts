// The parts of undici that gembatch uses, each from its own file. Its index loads a fetch, WebSockets, caches and mocks as well,
// and puts its dispatcher into the whole process: a program that uses gembatch as a library or a plugin keeps the one of its Node.
import connect from 'undici/lib/api/api-connect.js';
import request from 'undici/lib/api/api-request.js';
import buildConnector from 'undici/lib/core/connect.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import EnvHttpProxyAgent from 'undici/lib/dispatcher/env-http-proxy-agent.js';
import Pool from 'undici/lib/dispatcher/pool.js';

// As its index does.
Object.assign(Dispatcher.prototype, {request, connect});

export {Agent, buildConnector, EnvHttpProxyAgent, Pool, type Dispatcher};
