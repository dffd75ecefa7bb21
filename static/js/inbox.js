// The inbox: its list, the open conversation and the composer.
import "./thread_list.js";
import "./pane.js";
import "./messages.js";
import "./composer.js";
import "./attachments.js";
import "./pictures.js";
import "./typing.js";
import "./their_typing.js";
import "./tapbacks.js";
import "./reaching.js";
import "./replying.js";
import "./effects/replay.js";
import "./effects/studio.js";
import "./forecast.js";
import "./groups.js";
import "./recipients.js";
import "./evidence.js";
