// One event stream per browser: a lock elects the tab that holds it, a channel tells the others.
// Names arrive without content; elements that listen for a name ask the server what changed.
// Who listens for names of a kind hears `live-name`, with the name in its detail.
const stream = document.getElementById("stream");
const SILENT = 40_000; // the server pings every 15 s
let channel;
let connection;
let leave;
let leading = false;
let heard = Date.now();
let missed = false; // a question about what changed got no answer

function say(name) {
  htmx.trigger(document.body, name, {});
  htmx.trigger(document.body, "live-name", { name });
}

function poll() {
  missed = false;
  say("live-poll");
}

function tell(name) {
  heard = Date.now();
  document.documentElement.dataset.live = "on";
  say(name);
}

function announce(name) {
  tell(name);
  channel.postMessage(name);
}

function lead() {
  leading = true;
  htmx.trigger(stream, "live-lead", {});
}

function join() {
  const gone = new AbortController();
  const held = new Promise((done) => {
    leave = () => {
      leading = false;
      gone.abort();
      done();
    };
  });
  channel = new BroadcastChannel("live");
  channel.onmessage = ({ data }) => tell(data);
  // Locks need https or localhost; elsewhere every tab has a stream of its own.
  if (!navigator.locks) return lead();
  navigator.locks
    .request("live", { signal: gone.signal }, () => {
      lead();
      return held;
    })
    .catch(() => {});
  // A stream that lives in another tab is ours from now on: what came before it must be asked for.
  navigator.locks.query().then(({ held: locks }) => {
    if (!leading && locks.some(({ name }) => name === "live")) tell("live-connected");
  });
}

stream.addEventListener("htmx:sse:before:connection", (event) => {
  if (!leading) event.preventDefault();
});
stream.addEventListener("htmx:sse:after:connection", (event) => {
  connection = event.detail.connection;
});
stream.addEventListener("htmx:sse:before:message", (event) => {
  event.preventDefault();
  const name = event.detail.message.event;
  // Only from its greeting on does the server listen: what is asked for earlier can miss a change.
  announce(name === "hello" ? "live-connected" : name);
});

// A page in the back/forward cache must not keep its socket.
addEventListener("pagehide", () => {
  leave();
  channel.close();
  connection?.reader?.cancel();
});
addEventListener("pageshow", (event) => {
  if (event.persisted) join();
});

// A question that failed is asked again, and at once when the network comes back.
const asks = (element) => element?.id === "changes" || element?.id === "thread-list";
document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
  if (asks(ctx?.sourceElement)) missed = true;
});
document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
  if (asks(ctx.sourceElement) && ctx.response.status >= 500) missed = true;
});
addEventListener("online", poll);

// A first connection that failed and one that went mute are never repeated by themselves.
setInterval(() => {
  const isSilent = Date.now() - heard >= SILENT;
  if (isSilent || missed) poll();
  if (!isSilent) return;
  document.documentElement.dataset.live = "off";
  if (!leading) return;
  connection?.reader?.cancel();
  htmx.trigger(stream, "live-lead", {});
}, 5000);
stream.addEventListener("htmx:sse:error", () => {
  document.documentElement.dataset.live = "off";
});

// After htmx, which was loaded first, has wired the page.
document.addEventListener("DOMContentLoaded", join);
