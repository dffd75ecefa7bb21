// What every page has: relative times, toasts, confirmations, keys.
import "./time_zone.js";
import "./local_time.js";
import "./toasts.js";
import "./confirm.js";
import "./keys.js";
