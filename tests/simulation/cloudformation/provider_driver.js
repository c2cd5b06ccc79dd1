// Runs the real Provider framework handlers, one line of JSON in, one line of effects out.
//
// The AWS SDK clients, https and setTimeout are replaced by effects that Python answers in
// virtual time; everything else (framework, responses, retries, the second invoke after a failed
// one) is the framework's own code. After every message all microtasks run before the effects
// are written, so an answer is a pure function of the messages so far.
'use strict';
const fs = require('fs');
const path = require('path');
const Module = require('module');
const { AsyncLocalStorage } = require('async_hooks');
const { EventEmitter } = require('events');

const runtime = process.argv[2];
const currentInvocation = new AsyncLocalStorage();
const calls = new Map();
let callCount = 0;
let effects = [];
let random = 1;

process.env.USER_ON_EVENT_FUNCTION_ARN = 'arn:aws:lambda:us-east-1:111122223333:function:on_event';
process.env.USER_IS_COMPLETE_FUNCTION_ARN =
  'arn:aws:lambda:us-east-1:111122223333:function:is_complete';
process.env.WAITER_STATE_MACHINE_ARN =
  'arn:aws:states:us-east-1:111122223333:stateMachine:waiter';

console.log = () => undefined;
const realSetImmediate = setImmediate;
Math.random = () => {
  random = (random * 48271) % 2147483647;
  return random / 2147483647;
};

function call(type, details) {
  return new Promise((resolve, reject) => {
    const id = ++callCount;
    calls.set(id, { resolve, reject });
    effects.push({ type, call: id, invocation: currentInvocation.getStore(), ...details });
  });
}

globalThis.setTimeout = (action, ms) => {
  call('sleep', { seconds: ms / 1000 }).then(action);
};

class Lambda {
  async invoke(request) {
    return call('invoke', {
      function: request.FunctionName.split(':').pop(), payload: String(request.Payload),
    });
  }
}
class SFN {
  async startExecution(request) {
    return call('startExecution', { payload: request.input });
  }
}
const https = {
  request(options, onResponse) {
    const emitter = new EventEmitter();
    let body = '';
    emitter.write = (text) => { body += text; };
    emitter.end = () => {
      call('put', { path: options.path, method: options.method, body }).then(
        (statusCode) => onResponse({ statusCode, resume: () => undefined }),
        (error) => emitter.emit('error', error));
    };
    return emitter;
  },
};
const replaced = {
  '@aws-sdk/client-lambda': {
    Lambda, waitUntilFunctionActiveV2: () => call('waitUntilFunctionActive', {}),
  },
  '@aws-sdk/client-sfn': { SFN },
  https,
};
const load = Module._load;
Module._load = function (name, ...rest) {
  return Object.hasOwn(replaced, name) ? replaced[name] : load.call(this, name, ...rest);
};

const framework = require(path.join(runtime, 'framework.js'));

function invoke(message) {
  const invocation = message.invocation;
  currentInvocation.run(invocation, () => framework[message.handler](message.event)).then(
    () => effects.push({ type: 'return', invocation }),
    (error) => effects.push({
      type: 'throw', invocation, errorType: error.name, errorMessage: error.message,
      trace: String(error.stack).split('\n'),
    }));
}

function settle(message) {
  const { resolve, reject } = calls.get(message.call);
  calls.delete(message.call);
  if ('error' in message) reject(new Error(message.error));
  else resolve(message.value);
}

function handle(message) {
  if (message.op === 'invoke') invoke(message);
  else if (message.op === 'settle') settle(message);
  else if (message.op === 'reset') { calls.clear(); random = message.seed % 2147483646 + 1; }
  else throw new Error(`unknown op ${message.op}`);
}

let buffered = Buffer.alloc(0);
function readLine() {
  const chunk = Buffer.alloc(1 << 16);
  for (;;) {
    const end = buffered.indexOf(10);
    if (end >= 0) {
      const line = buffered.subarray(0, end).toString('utf8');
      buffered = buffered.subarray(end + 1);
      return line;
    }
    const size = fs.readSync(0, chunk, 0, chunk.length, null);
    if (size === 0) return undefined;
    buffered = Buffer.concat([buffered, chunk.subarray(0, size)]);
  }
}

function write(text) {
  const data = Buffer.from(text, 'utf8');
  for (let at = 0; at < data.length;) at += fs.writeSync(1, data, at);
}

async function main() {
  for (let line = readLine(); line !== undefined; line = readLine()) {
    effects = [];
    handle(JSON.parse(line));
    await new Promise((done) => realSetImmediate(done));
    write(JSON.stringify(effects) + '\n');
  }
}
main();
