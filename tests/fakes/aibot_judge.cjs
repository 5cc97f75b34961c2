// Tencent's own SDK against the platform of our tests: it must take every frame of it for WeCom's.
const { WSClient } = require('@wecom/aibot-node-sdk');

const [url, botId, secret] = process.argv.slice(2);
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const client = new WSClient({ wsUrl: url, botId, secret, logger: silent, heartbeatInterval: 200 });
const say = (what, more = {}) => console.log(JSON.stringify({ what, ...more }));
const card = (text) => ({
  card_type: 'button_interaction', task_id: 'judge-1@1', main_title: { title: '想试试吗？' },
  button_list: [{ text, key: 'yes', style: 1 }],
});

async function attempt(what, work) {
  try {
    const answer = await work();
    say(what, { code: answer.errcode ?? 0, ...(answer.media_id ? { media_id: answer.media_id } : {}) });
    return answer;
  } catch (error) {
    say(what, { code: error.errcode ?? -1 });
  }
}

client.on('authenticated', () => say('authenticated'));
client.on('message.text', async (frame) => {
  say('text', { words: frame.body.text.content, from: frame.body.from.userid });
  await attempt('stream', () => client.replyStream(frame, 's-1', '一', false));
  await attempt('stream', () => client.replyStream(frame, 's-1', '一二', true));
  await attempt('push', () => client.sendMessage(frame.body.from.userid,
    { chat_type: 1, msgtype: 'markdown', markdown: { content: '**三**' } }));
  await attempt('stranger', () => client.sendMessage('Nobody', { chat_type: 1, msgtype: 'markdown', markdown: { content: '三' } }));
  await attempt('card', () => client.sendMessage(frame.body.from.userid,
    { chat_type: 1, msgtype: 'template_card', template_card: card('想') }));
  const media = await attempt('upload', () => client.uploadMedia(Buffer.alloc(700 * 1024, 7), { type: 'file', filename: '听课记录（三年级）.docx' }));
  await attempt('file', () => client.sendMessage(frame.body.from.userid,
    { chat_type: 1, msgtype: 'file', file: { media_id: media.media_id } }));
  say('ready');
});
client.on('message.image', async (frame) => {
  const { buffer } = await client.downloadFile(frame.body.image.url, frame.body.image.aeskey);
  say('image', { bytes: buffer.toString('hex') });
});
client.on('event.enter_chat', (frame) => attempt('welcome', () =>
  client.replyWelcome(frame, { msgtype: 'text', text: { content: '您好' } })));
client.on('event.template_card_event', (frame) => attempt('update', () => client.updateTemplateCard(frame, card('想 ✓'))));
client.on('event.disconnected_event', () => say('replaced'));
client.on('disconnected', () => say('disconnected'));
client.on('error', () => say('error'));
process.stdin.on('end', () => { client.disconnect(); process.exit(0); });
process.stdin.resume();
client.connect();
