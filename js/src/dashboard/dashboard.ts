/** The one script of the dashboard's pages: it keeps an open page up to date. Without it all works. */
import { copyOnClick } from "./copy.ts";
import { follow } from "./live.ts";
import { submitInPlace } from "./submit.ts";
import { keepAges, localize } from "./times.ts";

keepAges(document);
localize(document);
submitInPlace(document);
copyOnClick(document);
follow(document);
