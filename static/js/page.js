// What every page has: relative times, toasts, confirmations, copying, keys.
import "./time_zone.js";
import "./local_time.js";
import "./toasts.js";
import "./confirm.js";
import "./copying.js";
import "./keys.js";
