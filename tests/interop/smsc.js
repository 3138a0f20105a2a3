'use strict';
// A carrier made of node-smpp: takes binds and messages, sends receipts in several forms, and subscribers' replies.
// argv[2], JSON: events (a file; one JSON line for each thing that happened), key and cert (PEM) for the second server.
// Prints one JSON line with the ports of the plain and of the TLS server once both listen.

const fs = require('fs');
const smpp = require('smpp');

const settings = JSON.parse(process.argv[2]);
const GSM_DEFAULT = smpp.ENCODING.SMSC_DEFAULT;
let messages = 1000000000; // ids: in answers hexadecimal

function note(event) {
  fs.appendFileSync(settings.events, JSON.stringify(event) + '\n');
}

// which part of which message this is, by header or by SAR parameters
function part(pdu, udh) {
  for (const element of udh || []) {
    if (element[0] === 0x00) return { reference: element[2], total: element[3], number: element[4] };
    if (element[0] === 0x08) return { reference: element.readUInt16BE(2), total: element[4], number: element[5] };
  }
  if (pdu.sar_total_segments !== undefined) {
    return { reference: pdu.sar_msg_ref_num, total: pdu.sar_total_segments, number: pdu.sar_segment_seqnum };
  }
  return null;
}

function take(session, pdu, server) {
  messages += 1;
  const body = pdu.message_payload || pdu.short_message;
  const text = body.message;
  if (Buffer.isBuffer(text)) throw Error('node-smpp could not read data_coding ' + pdu.data_coding);
  note({
    event: 'submit_sm', server, id: messages, source: pdu.source_addr, source_ton: pdu.source_addr_ton,
    destination: pdu.destination_addr, destination_ton: pdu.dest_addr_ton, esm_class: pdu.esm_class,
    data_coding: pdu.data_coding, registered_delivery: pdu.registered_delivery, text, part: part(pdu, body.udh),
    validity: pdu.validity_period,
  });
  const id = messages;
  const first = id === 1000000001;
  const answer = () => session.send(pdu.response({ message_id: id.toString(16).toUpperCase() }));
  const wanted = (pdu.registered_delivery & 3) === 1;
  const early = id % 5 === 0; // before the answer
  if (wanted && early) receipt(session, pdu, id, server);
  answer();
  if (wanted && !early) receipt(session, pdu, id, server);
  if (first) settings.replies.forEach((reply) => send(session, pdu, reply));
}

// appendix B in text, or parameters alone, or the text as UCS-2; ids in decimal, over TLS in parameters as answered
function receipt(session, pdu, id, server) {
  const said = {
    esm_class: 4, source_addr: pdu.destination_addr, source_addr_ton: 1, source_addr_npi: 1,
    destination_addr: pdu.source_addr, dest_addr_ton: pdu.source_addr_ton, data_coding: GSM_DEFAULT, short_message: '',
  };
  if (pdu.user_message_reference !== undefined) said.user_message_reference = pdu.user_message_reference;
  const text = 'id:' + String(id).padStart(12, '0') + ' sub:001 dlvrd:001 submit date:2611241424 ' +
    'done date:2611241425 stat:DELIVRD err:000 text:';
  if (id % 3 === 0) {
    said.short_message = text;
  } else if (id % 3 === 1) {
    said.receipted_message_id = id.toString(server === 'plain' ? 10 : 16);
    said.message_state = smpp.consts.MESSAGE_STATE.DELIVERED;
  } else {
    said.data_coding = smpp.ENCODING.UCS2;
    said.short_message = text;
  }
  session.deliver_sm(said, (response) => note({ event: 'receipt_answered', id, status: response.command_status }));
}

function send(session, pdu, reply) {
  session.deliver_sm({
    source_addr: pdu.destination_addr, source_addr_ton: 1, source_addr_npi: 1, destination_addr: pdu.source_addr,
    dest_addr_ton: pdu.source_addr_ton, data_coding: reply.data_coding, short_message: reply.text,
  }, (response) => note({ event: 'reply_answered', text: reply.text, status: response.command_status }));
}

function serve(name, options) {
  return new Promise((resolve) => {
    const server = smpp.createServer(options, (session) => {
      session.on('error', (error) => note({ event: 'error', server: name, message: error.message }));
      for (const bind of ['bind_transceiver', 'bind_transmitter', 'bind_receiver']) {
        session.on(bind, (pdu) => {
          const welcome = pdu.system_id === 'outbound' && pdu.password === 'secret';
          note({ event: bind, server: name, welcome, version: pdu.interface_version });
          session.send(pdu.response(welcome ? { system_id: 'node-smpp' } : { command_status: smpp.ESME_RBINDFAIL }));
          if (!welcome) session.close();
        });
      }
      session.on('submit_sm', (pdu) => take(session, pdu, name));
      session.on('enquire_link', (pdu) => session.send(pdu.response()));
      session.on('unbind', (pdu) => {
        note({ event: 'unbind', server: name });
        session.send(pdu.response(), () => session.close());
      });
    });
    server.on('tlsClientError', (error) => note({ event: 'error', server: name, message: error.message }));
    server.listen(0, '127.0.0.1', () => resolve(server.address().port));
  });
}

async function main() {
  const plain = await serve('plain', {});
  const secure = await serve('secure', { key: fs.readFileSync(settings.key), cert: fs.readFileSync(settings.cert) });
  console.log(JSON.stringify({ plain, secure }));
}

process.stdin.on('end', () => process.exit(0)).resume(); // it ends with the test that holds its stdin
main();
