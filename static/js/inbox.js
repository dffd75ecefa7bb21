// The inbox: its list, the open conversation and the composer.
import "./thread_list.js";
import "./pane.js";
import "./messages.js";
import "./composer.js";
import "./effects/replay.js";
import "./effects/studio.js";
