window.YTD.tweets.part0 = [
{"tweet": {"id_str": 9007199254740993, "full_text": ["a"], "entities": "", "created_at": {}}},
{"tweet": {"id_str": "7", "full_text": "x", "entities": {"user_mentions": {"a": 1}, "urls": [3], "hashtags": null}, "edit_info": []}},
{"tweet": {"id_str": {"a": 1}, "full_text": "x"}},
{"tweet": "words"}
]
