'use strict';
// A client made of node-smpp: binds, sends messages in every way that it knows, takes receipts, unbinds.
// argv[2], JSON: url, ca (PEM, for ssmpp:), messages ([{destination, text, data_coding, way: short | udh | sar | payload}]).
// Prints one JSON line: what was answered, and what was delivered. `text` as a list is the parts of one message.

const fs = require('fs');
const smpp = require('smpp');

const settings = JSON.parse(process.argv[2]);
const told = { answers: [], receipts: [] };

function connect() {
  const url = new URL(settings.url.replace(/^s?smpp:/, 'http:'));
  const options = { host: url.hostname, port: Number(url.port), tls: settings.url.startsWith('ssmpp:') };
  if (options.tls) Object.assign(options, { ca: fs.readFileSync(settings.ca), servername: 'localhost' });
  return new Promise((resolve, reject) => {
    const session = new smpp.Session(options);
    session.on('error', reject);
    session.on(options.tls ? 'secureConnect' : 'connect', () => resolve(session));
  });
}

const ask = (session, command, parameters) => new Promise((resolve) => session[command](parameters, resolve));

function submissions(message, index) {
  const common = {
    source_addr: 'NODE', source_addr_ton: 5, destination_addr: message.destination, dest_addr_ton: 1, dest_addr_npi: 1,
    registered_delivery: 1, data_coding: message.data_coding,
  };
  if (message.way === 'payload') return [{ ...common, message_payload: message.text }];
  if (message.way === 'short') return [{ ...common, short_message: message.text }];
  return message.text.map((text, at) => {
    if (message.way === 'udh') {
      const udh = Buffer.from([5, 0, 3, index, message.text.length, at + 1]);
      return { ...common, short_message: { udh, message: text } };
    }
    const sar = { sar_msg_ref_num: 0x1200 + index, sar_total_segments: message.text.length, sar_segment_seqnum: at + 1 };
    return { ...common, short_message: text, ...sar };
  });
}

async function main() {
  const stranger = await connect();
  told.stranger = (await ask(stranger, 'bind_transceiver', { system_id: 'outbound', password: 'wrong' })).command_status;
  const session = await connect();
  const bound = await ask(session, 'bind_transceiver', { system_id: 'outbound', password: 'secret' });
  told.bound = { status: bound.command_status, system_id: bound.system_id, version: bound.sc_interface_version };
  session.on('deliver_sm', (pdu) => {
    session.send(pdu.response());
    told.receipts.push({
      esm_class: pdu.esm_class, source: pdu.source_addr, text: pdu.short_message.message,
      id: pdu.receipted_message_id, state: pdu.message_state,
    });
  });
  const all = settings.messages.flatMap(submissions);
  const answers = await Promise.all(all.map((parameters) => ask(session, 'submit_sm', parameters)));
  told.answers = answers.map((pdu) => ({ status: pdu.command_status, id: pdu.message_id }));
  told.alive = (await ask(session, 'enquire_link', {})).command_status;
  told.refused = (await ask(session, 'cancel_sm', { message_id: '1' })).command_status;
  while (told.receipts.length < all.length) await new Promise((resolve) => setTimeout(resolve, 10));
  told.unbound = (await ask(session, 'unbind', {})).command_status;
  console.log(JSON.stringify(told));
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
